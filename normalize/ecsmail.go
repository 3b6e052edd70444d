package normalize

// ecsMail writes email.
func (n *Normalizer) ecsMail() {
	l := &n.layer
	d := n.original()
	l.key(keyEmail)
	l.open()
	if i := n.objectField(fieldExchangeMetaData); i != 0 {
		n.mailAddresses("from", &d, d.lookup(i, "From"))
		n.mailAddresses("to", &d, d.lookup(i, "To"))
		n.mailAddresses("cc", &d, d.lookup(i, "CC"))
		n.mailAddresses("bcc", &d, d.lookup(i, "BCC"))
		n.scalarMember("subject", &d, d.lookup(i, "Subject"))
		n.scalarMember("message_id", &d, d.lookup(i, "MessageID"))
	} else if i := n.objectField(fieldItem); i != 0 {
		n.scalarMember("subject", &d, d.lookup(i, "Subject"))
		n.scalarMember("message_id", &d, d.lookup(i, "InternetMessageId"))
	} else if n.field(fieldInternetMessageID) != 0 {
		n.mailAddresses("from", &d, n.field(fieldP2Sender))
		n.mailAddresses("to", &d, n.field(fieldRecipients))
		l.key("sender")
		l.open()
		if v, ok := n.scalar(&d, n.field(fieldP1Sender)); ok {
			l.member("address", v)
			n.also.user(n, v)
		}
		l.shut()
		n.member("subject", fieldSubject)
		n.member("message_id", fieldInternetMessageID)
	} else if n.isAlert() {
		n.alertMail()
	}
	l.shut()
}

// mailAddresses writes {address: […]} of a list of strings, or of one, and notes
// them as users that the record is related to.
func (n *Normalizer) mailAddresses(name string, d *document, list int) {
	l := &n.layer
	l.key(name)
	l.open()
	l.key("address")
	l.list()
	n.addressItems(d, list)
	l.shut()
	l.shut()
	n.eachString(d, list, func(v Node) { n.also.user(n, v) })
}

// addressItems appends the strings of a list, or one string, to the open list.
func (n *Normalizer) addressItems(d *document, list int) {
	l := &n.layer
	n.eachString(d, list, func(v Node) {
		l.item()
		l.value(v)
	})
}

// eachString calls yield with the strings of a list, or with one string.
func (n *Normalizer) eachString(d *document, list int, yield func(Node)) {
	if v, ok := n.scalar(d, list); ok {
		yield(v)
	}
	for i := range d.items(list) {
		if v, ok := n.scalar(d, i); ok {
			yield(v)
		}
	}
}

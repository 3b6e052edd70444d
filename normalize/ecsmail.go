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
		n.member("address", fieldP1Sender)
		l.shut()
		n.member("subject", fieldSubject)
		n.member("message_id", fieldInternetMessageID)
	} else if n.isAlert() {
		n.alertMail()
	}
	l.shut()
}

// mailAddresses writes {address: […]} of a list of strings, or of one.
func (n *Normalizer) mailAddresses(name string, d *document, list int) {
	l := &n.layer
	l.key(name)
	l.open()
	l.key("address")
	l.list()
	n.addressItems(d, list)
	l.shut()
	l.shut()
}

// addressItems appends the strings of a list, or one string, to the open list.
func (n *Normalizer) addressItems(d *document, list int) {
	l := &n.layer
	if v, ok := n.scalar(d, list); ok {
		l.item()
		l.value(v)
	}
	for i := range d.items(list) {
		if v, ok := n.scalar(d, i); ok {
			l.item()
			l.value(v)
		}
	}
}

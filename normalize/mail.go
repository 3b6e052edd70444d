package normalize

// mail writes email: of a DLP match by ExchangeMetaData, of a message that was
// looked into by its own fields, of one in a mailbox by Item.
func (n *Normalizer) mail() {
	d := n.original()
	l := &n.layer
	l.key(keyEmail)
	l.open()
	if i := n.objectField(fieldExchangeMetaData); i != 0 {
		n.exchangeMail(&d, i)
	} else if i := n.objectField(fieldItem); i != 0 {
		n.scalarMember("subject", &d, d.lookup(i, "Subject"))
		n.scalarMember("message_id", &d, d.lookup(i, "InternetMessageId"))
	} else if n.field(fieldInternetMessageID) != 0 {
		n.threatMail(&d)
	}
	l.shut()
}

// exchangeMail writes the message that a DLP rule matched.
func (n *Normalizer) exchangeMail(d *document, meta int) {
	to, cc, bcc := d.lookup(meta, "To"), d.lookup(meta, "CC"), d.lookup(meta, "BCC")
	n.sender(d, d.lookup(meta, "From"))
	n.addresses("to", d, to)
	n.addresses("recipient", d, to, cc, bcc)
	n.addresses("cc", d, cc)
	n.addresses("bcc", d, bcc)
	n.scalarMember("subject", d, d.lookup(meta, "Subject"))
	n.scalarMember("message_id", d, d.lookup(meta, "MessageID"))
}

// threatMail writes a message of Defender for Office 365. P2Sender is what the
// reader sees as From, P1Sender that of the envelope.
func (n *Normalizer) threatMail(d *document) {
	from := n.field(fieldP2Sender)
	if _, ok := n.scalar(d, from); !ok {
		from = n.field(fieldP1Sender)
	}
	n.sender(d, from)
	n.addresses("recipient", d, n.field(fieldRecipients))
	n.member("subject", fieldSubject)
	n.member("message_id", fieldInternetMessageID)
}

func (n *Normalizer) sender(d *document, i int) {
	l := &n.layer
	l.key("from")
	l.open()
	n.scalarMember("address", d, i)
	l.shut()
}

// addresses writes {addresses: […]} of lists of strings; a string counts as a
// list of one.
func (n *Normalizer) addresses(name string, d *document, lists ...int) {
	l := &n.layer
	l.key(name)
	l.open()
	l.key("addresses")
	l.list()
	for _, list := range lists {
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
	l.shut()
	l.shut()
}

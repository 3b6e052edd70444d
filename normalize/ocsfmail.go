package normalize

// Directions of a message.
const (
	directionUnknown  = 0
	directionInbound  = 1
	directionOutbound = 2
	directionInternal = 3
)

// emailActivity writes a message that was sent from a mailbox, or one that
// Communication Compliance or Defender for Office 365 looked into.
func (n *Normalizer) emailActivity() bool {
	d := n.original()
	switch n.ocsf.is {
	case ocsfSent:
		return n.mailSent(&d)
	case ocsfScanned:
		return n.mailScanned(&d, n.top("ExchangeDetails"))
	default:
		return n.mailSeen(&d)
	}
}

// mailbox returns the index of the field with the address that a message was
// sent from: that of another, the mailbox's owner, the user.
func (n *Normalizer) mailbox(d *document) int {
	for _, i := range [...]int{n.top("SendAsUserSmtp"), n.top("SendOnBehalfOfUserSmtp"), n.top("MailboxOwnerUPN"), n.field(fieldUserID)} {
		if i != 0 && d.tape.nodes[i].kind == String && isEmail(d.text(d.tape.nodes[i])) {
			return i
		}
	}
	return 0
}

// mailSent writes a message that was sent. Whom to, the records do not say.
func (n *Normalizer) mailSent(d *document) bool {
	from := n.mailbox(d)
	if from == 0 {
		return false
	}
	l := &n.layer
	n.ocsfActor()
	l.key("email")
	l.open()
	n.claimAt("from", from)
	if i := n.objectField(fieldItem); i != 0 {
		n.scalarMember("subject", d, d.lookup(i, "Subject"))
		n.scalarMember("message_uid", d, d.lookup(i, "InternetMessageId"))
		n.scalarMember("uid", d, d.lookup(i, "Id"))
		n.sizeMember(d, d.lookup(i, "SizeInBytes"))
	}
	l.close()
	l.member("direction_id", intNode(directionUnknown))
	n.srcEndpoint()
	n.api(false)
	n.ocsfStatus()
	return true
}

// mailSeen writes a message of which Defender for Office 365 tells.
func (n *Normalizer) mailSeen(d *document) bool {
	from := n.field(fieldP2Sender)
	if !n.isMail(d, from) {
		from = n.field(fieldP1Sender)
	}
	if !n.isMail(d, from) && !n.anyMail(d, n.field(fieldRecipients)) {
		return false
	}
	l := &n.layer
	n.ocsfActor()
	l.key("email")
	l.open()
	if n.isMail(d, from) {
		n.claimAt("from", from)
	}
	if p1 := n.field(fieldP1Sender); n.isMail(d, p1) {
		n.claimAt("smtp_from", p1)
	}
	if to := n.field(fieldRecipients); n.mailList("to", d, to) {
		n.taken(to)
	}
	n.claim("subject", fieldSubject)
	n.claim("message_uid", fieldInternetMessageID)
	n.claimAt("uid", n.top("NetworkMessageId"))
	l.close()
	way := n.top("Directionality")
	id, whole := n.direction(d, way)
	if whole {
		n.taken(way)
	}
	if id == directionOutbound {
		n.ocsf.is = ocsfSent
	}
	n.mailAuth(d)
	n.mailSource(d)
	n.api(false)
	n.ocsfStatus()
	return true
}

// mailScanned writes a message that Communication Compliance looked into. What is
// of it stays in unmapped too.
func (n *Normalizer) mailScanned(d *document, details int) bool {
	if details == 0 || d.tape.nodes[details].kind != Object {
		return false
	}
	from, to := d.lookup(details, "From"), d.lookup(details, "Recipients")
	if !n.isMail(d, from) && !n.anyMail(d, to) {
		return false
	}
	l := &n.layer
	n.ocsfActor()
	l.key("email")
	l.open()
	if n.isMail(d, from) {
		l.member("from", d.tape.nodes[from])
	}
	n.mailList("to", d, to)
	n.scalarMember("subject", d, d.lookup(details, "Subject"))
	n.scalarMember("message_uid", d, d.lookup(details, "InternetMessageId"))
	n.scalarMember("uid", d, d.lookup(details, "NetworkMessageId"))
	l.close()
	n.direction(d, d.lookup(details, "Directionality"))
	n.srcEndpoint()
	n.api(false)
	n.ocsfStatus()
	return true
}

func (n *Normalizer) isMail(d *document, i int) bool {
	return i != 0 && d.tape.nodes[i].kind == String && isEmail(d.text(d.tape.nodes[i]))
}

func (n *Normalizer) anyMail(d *document, list int) bool {
	for i := range d.items(list) {
		if n.isMail(d, i) {
			return true
		}
	}
	return false
}

// mailList writes the addresses of a list. It returns whether the list holds
// nothing else.
func (n *Normalizer) mailList(name string, d *document, list int) bool {
	if !n.anyMail(d, list) {
		return false
	}
	l := &n.layer
	l.key(name)
	l.list()
	all := true
	for i := range d.items(list) {
		if !n.isMail(d, i) {
			all = false
			continue
		}
		l.item()
		l.value(d.tape.nodes[i])
	}
	l.close()
	return all
}

// directions are the words of OCSF for directionInbound and those after it.
var directions = [...]string{directionUnknown: keyUnknown, directionInbound: "Inbound", directionOutbound: "Outbound", directionInternal: "Internal"}

// direction writes whether a message came in, went out or stayed. It returns
// which, and whether the value at nodes[i] stands there as it is.
func (n *Normalizer) direction(d *document, i int) (id int64, whole bool) {
	l := &n.layer
	if i == 0 || d.tape.nodes[i].kind != String || d.tape.nodes[i].n == 0 {
		l.member("direction_id", intNode(directionUnknown))
		return directionUnknown, false
	}
	v := d.tape.nodes[i]
	id = directionOf(d.text(v))
	l.member("direction_id", intNode(id))
	if id == activityOther {
		l.member("direction", v)
		return id, true
	}
	l.word("direction", directions[id])
	return id, string(d.text(v)) == directions[id]
}

// directionOf returns the direction that Microsoft's word means.
func directionOf(text []byte) int64 {
	switch {
	case equalFold(text, "inbound"), equalFold(text, "incoming"):
		return directionInbound
	case equalFold(text, "outbound"):
		return directionOutbound
	case equalFold(text, "intraorg"):
		return directionInternal
	default:
		return activityOther
	}
}

// mailAuth writes the verdicts of SPF, DKIM and DMARC.
func (n *Normalizer) mailAuth(d *document) {
	l := &n.layer
	l.key("email_auth")
	l.open()
	details := n.top("AuthDetails")
	for _, name := range [...]string{"spf", "dkim", "dmarc"} {
		for i := range d.items(details) {
			at := d.lookup(i, "Name")
			if at == 0 || d.tape.nodes[at].kind != String || !equalFold(d.text(d.tape.nodes[at]), name) {
				continue
			}
			n.scalarMember(name, d, d.lookup(i, "Value"))
			break
		}
	}
	l.shut()
}

// mailSource writes where a message came from.
func (n *Normalizer) mailSource(d *document) {
	i := n.top("SenderIp")
	if i == 0 || d.tape.nodes[i].kind != String {
		n.srcEndpoint()
		return
	}
	a := parseAddress(d.text(d.tape.nodes[i]))
	if !a.ip.IsValid() && a.host == nil {
		n.srcEndpoint()
		return
	}
	n.srcEndpointOf(a)
	n.takenAsIP(i)
}

package normalize

// ecsUser writes user: who did it or, of an alert, whom it is about; and as
// user.target whom it was done to.
func (n *Normalizer) ecsUser(c ecsClass, a *MergedAlert) {
	l := &n.layer
	d := n.original()
	who, id := n.ecsActor(&d, a)
	n.also.person(n, who)
	l.key(keyUser)
	l.open()
	if id.kind == String {
		l.member("id", id)
	}
	n.personMembers(who)
	n.member("full_name", fieldLogonUserDisplayName)
	n.ecsTarget(&d, c, who)
	l.shut()
}

// ecsActor returns the person, and what user.id is: UserId, unless that names a
// service and a person is known otherwise.
func (n *Normalizer) ecsActor(d *document, a *MergedAlert) (who person, id Node) {
	id, _ = n.scalar(d, n.field(fieldUserID))
	who, ok := n.person(d, n.field(fieldUserID))
	if ok {
		return who, id
	}
	switch {
	case n.dlp.is:
		who, _ = n.metadataPerson(d)
	case a != nil:
		var users []string
		who, users = n.aboutWhom(a)
		for _, u := range users {
			n.also.user(n, n.layer.keep(u))
		}
	case n.isAlert():
		who = n.alertPerson(d)
	case n.field(fieldMailboxOwnerUPN) != 0:
		return n.ecsMailboxActor(d, id)
	}
	if who.upn.kind == String {
		return who, who.upn
	}
	return who, id
}

// ecsMailboxActor returns who was in a mailbox where UserId is no address: its
// owner, unless an administrator or a delegate was.
func (n *Normalizer) ecsMailboxActor(d *document, id Node) (person, Node) {
	if id.kind != String {
		id, _ = n.scalar(d, n.field(fieldLogonUserSID))
	}
	const owner = 0 // LogonType: 0 owner, 1 administrator, 2 delegate
	if by, known := whole(d, n.field(fieldLogonType)); known && by != owner {
		return person{}, id
	}
	who, _ := n.person(d, n.field(fieldMailboxOwnerUPN))
	return who, id
}

// ecsTarget writes user.target.
func (n *Normalizer) ecsTarget(d *document, c ecsClass, actor person) {
	at := 0
	switch {
	case c.target == targetUser:
		at = n.field(fieldObjectID)
	case n.field(fieldTargetUserOrGroupName) != 0 && !n.targetIsGroup():
		at = n.field(fieldTargetUserOrGroupName)
	case n.field(fieldMailboxOwnerUPN) != 0:
		at = n.field(fieldMailboxOwnerUPN)
	}
	id, ok := n.scalar(d, at)
	if !ok || isNobody(n.str(id)) {
		return
	}
	who, _ := n.person(d, at)
	if who.upn.kind == String && actor.upn.kind == String && sameFold(n.str(who.upn), n.str(actor.upn)) {
		if c.target == targetNone {
			return // one's own mailbox
		}
	}
	n.also.person(n, who)
	l := &n.layer
	l.key("target")
	l.open()
	l.member("id", id)
	n.personMembers(who)
	l.close()
}

// targetIsGroup reports whether TargetUserOrGroupName is that of a group.
func (n *Normalizer) targetIsGroup() bool {
	const group = "group"
	kind := n.fieldText(fieldTargetUserOrGroupType)
	return len(kind) >= len(group) && equalFold(kind[len(kind)-len(group):], group)
}

// recordTypeTeams is the RecordType of Teams.
const recordTypeTeams = 25

// ecsGroup writes group, and notes the members that Teams lists.
func (n *Normalizer) ecsGroup(c ecsClass) {
	isGroup := n.targetIsGroup()
	if !isGroup && n.recordType != recordTypeTeams && c.types&typeGroup == 0 {
		return
	}
	l := &n.layer
	d := n.original()
	l.key(keyGroup)
	l.open()
	switch {
	case isGroup:
		n.member("name", fieldTargetUserOrGroupName)
	case n.recordType == recordTypeTeams:
		n.scalarMember("id", &d, d.lookup(0, "TeamGuid"))
		n.scalarMember("name", &d, d.lookup(0, "TeamName"))
		for i := range d.items(n.field(fieldMembers)) {
			who, _ := n.person(&d, d.lookup(i, "UPN"))
			n.also.person(n, who)
		}
	case c.target == targetNone && n.recordType == recordTypeDirectory:
		n.targetGroup(&d)
	default:
		n.changedGroup(&d)
	}
	l.shut()
}

// recordTypeDirectory is the RecordType of changes of Entra ID.
const recordTypeDirectory = 8

// targetGroup writes the group that something was done to.
func (n *Normalizer) targetGroup(d *document) {
	t := n.directoryTarget(d)
	if t.uid.kind == String {
		n.layer.member("id", t.uid)
	}
	if t.name.kind == String {
		n.layer.member("name", t.name)
	}
}

// changedGroup writes the group that Entra names among the modified properties.
func (n *Normalizer) changedGroup(d *document) {
	for i := range d.items(n.field(fieldModifiedProperties)) {
		name := d.lookup(i, "Name")
		if name == 0 || d.tape.nodes[name].kind != String {
			continue
		}
		var key string
		switch string(d.text(d.tape.nodes[name])) {
		case "Group.ObjectID":
			key = "id"
		case "Group.DisplayName":
			key = "name"
		default:
			continue
		}
		v, ok := n.scalar(d, d.lookup(i, "NewValue"))
		if !ok {
			v, ok = n.scalar(d, d.lookup(i, "OldValue")) // of one who was removed
		}
		if ok {
			n.layer.member(key, v)
		}
	}
}

// ecsRelated is what a record has to do with, for related. Its slices are reused
// from record to record.
type ecsRelated struct {
	ips, users []Node
}

func (r *ecsRelated) reset() { r.ips, r.users = r.ips[:0], r.users[:0] }

func (r *ecsRelated) ip(n *Normalizer, v Node) { r.ips = n.distinct(r.ips, v) }

func (r *ecsRelated) user(n *Normalizer, v Node) { r.users = n.distinct(r.users, v) }

func (r *ecsRelated) person(n *Normalizer, who person) {
	if who.upn.kind == String {
		r.user(n, who.upn)
	}
}

// distinct appends a text that is not there yet in any letter case, up to a limit.
func (n *Normalizer) distinct(list []Node, v Node) []Node {
	for _, known := range list {
		if sameFold(n.str(known), n.str(v)) {
			return list
		}
	}
	return appendFew(list, v)
}

// writeRelated writes related.
func (n *Normalizer) writeRelated() {
	l := &n.layer
	l.key(keyRelated)
	l.open()
	n.strings("ip", n.also.ips)
	n.strings("user", n.also.users)
	l.shut()
}

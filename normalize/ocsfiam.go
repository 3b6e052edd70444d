package normalize

import "bytes"

// authentication writes a sign-in: who, to which app, from where.
func (n *Normalizer) authentication() bool {
	d := n.original()
	_, app := n.scalar(&d, n.field(fieldApplicationID))
	if !n.hasUser() || !app && n.ocsf.service.kind != String {
		return false
	}
	l := &n.layer
	n.ocsfUser("user")
	l.key("service")
	l.open()
	n.claim("uid", fieldApplicationID)
	if n.ocsf.service.kind == String {
		l.member("name", n.ocsf.service)
	}
	l.close()
	n.signInTarget(&d)
	if id := n.deviceProperty(&d, "SessionId"); id.kind == String {
		l.key("session")
		l.open()
		l.member("uid", id)
		l.close()
	}
	n.iam()
	return true
}

// iam writes what all classes of identities have beside the actor.
func (n *Normalizer) iam() {
	n.srcEndpoint()
	n.httpRequest()
	n.api(false)
	n.ocsfStatus()
}

// signInTarget writes what was signed in to: ObjectId, or the first Target.
func (n *Normalizer) signInTarget(d *document) {
	l := &n.layer
	v, ok := n.scalar(d, n.field(fieldObjectID))
	if ok = ok && !isNobody(n.str(v)); ok {
		n.taken(n.field(fieldObjectID))
	} else {
		for i := range d.items(n.field(fieldTarget)) {
			v, ok = n.scalar(d, d.lookup(i, "ID"))
			break
		}
	}
	if ok {
		l.key("dst_endpoint")
		l.open()
		l.member("uid", v)
		l.close()
	}
}

// deviceProperty returns one of DeviceProperties.
func (n *Normalizer) deviceProperty(d *document, name string) Node {
	for i := range d.items(n.field(fieldDeviceProperties)) {
		if at := d.lookup(i, "Name"); at != 0 && d.tape.nodes[at].kind == String && string(d.text(d.tape.nodes[at])) == name {
			v, _ := n.scalar(d, d.lookup(i, "Value"))
			return v
		}
	}
	return Node{}
}

// directoryTarget is what a change of the directory was made to, by its Target: a
// list of {ID, Type}, in which one thing has several entries.
type directoryTarget struct {
	name Node // an address (Type 5) or a name (Type 1)
	uid  Node // a GUID
	kind Node // User, Group, Device, ServicePrincipal, … (Type 2)
	from int  // the top-level field that name is all of, 0 for none
}

// The types of an entry, by Microsoft's IdentityType.
const (
	identityName  = 1
	identityOther = 2
	identityUPN   = 5
)

func (n *Normalizer) directoryTarget(d *document) (t directoryTarget) {
	for i := range d.items(n.field(fieldTarget)) {
		at := d.lookup(i, "ID")
		kind, _ := whole(d, d.lookup(i, "Type"))
		if at == 0 || d.tape.nodes[at].kind != String || d.tape.nodes[at].n == 0 {
			continue
		}
		v := d.tape.nodes[at]
		switch text := d.text(v); {
		case isGUID(text):
			if t.uid.kind != String {
				t.uid = v
			}
		case kind == identityUPN, kind == identityName && t.name.kind != String:
			t.name = v
		case kind == identityOther && t.kind.kind != String && bytes.IndexByte(text, '_') < 0:
			t.kind = v
		}
	}
	n.objectAsTarget(d, &t)
	return t
}

// objectAsTarget takes ObjectId for the name of the target, where it has none or
// the same.
func (n *Normalizer) objectAsTarget(d *document, t *directoryTarget) {
	i := n.field(fieldObjectID)
	object, ok := n.scalar(d, i)
	if !ok || isNobody(n.str(object)) {
		return
	}
	if t.name.kind != String {
		t.name = object
	}
	if bytes.Equal(n.str(object), n.str(t.name)) {
		t.from = i
	}
}

func (t *directoryTarget) is() bool { return t.name.kind == String || t.uid.kind == String }

// member writes the name, the uid, or both, of a target.
func (n *Normalizer) targetMembers(t *directoryTarget) {
	if t.name.kind == String {
		n.layer.member("name", t.name)
		if t.from != 0 {
			n.taken(t.from)
		}
	}
	if t.uid.kind == String {
		n.layer.member("uid", t.uid)
	}
}

// targetUser writes the user that something was done to.
func (n *Normalizer) targetUser(t *directoryTarget) {
	l := &n.layer
	l.key("user")
	l.open()
	n.targetMembers(t)
	n.emailMembers(t.name)
	if t.kind.kind == String && string(n.str(t.kind)) != "User" { // an app, a device, a group
		l.member("type_id", intNode(activityOther))
		l.member("type", t.kind)
	}
	l.close()
}

// accountChange writes what was done to an account.
func (n *Normalizer) accountChange() bool {
	d := n.original()
	t := n.directoryTarget(&d)
	if !t.is() {
		return false
	}
	n.ocsfActor()
	n.targetUser(&t)
	n.iam()
	return true
}

// entityManagement writes what was done to an app, a device, a policy, ….
func (n *Normalizer) entityManagement() bool {
	d := n.original()
	t := n.entityTarget(&d)
	if !t.is() {
		return false
	}
	l := &n.layer
	n.ocsfActor()
	l.key("entity")
	l.open()
	n.targetMembers(&t)
	if t.kind.kind == String {
		l.member("type", t.kind)
	}
	l.close()
	n.iam()
	return true
}

// entityKinds are the things that have owners and members, as properties name
// them: of what these were added to or removed from, Target says nothing.
var entityKinds = [...]struct{ name, uid string }{
	{"Device.DisplayName", "Device.ObjectID"},
	{"Application.DisplayName", "Application.ObjectID"},
	{"ServicePrincipal.DisplayName", "ServicePrincipal.ObjectID"},
}

// entityTarget returns what was changed.
func (n *Normalizer) entityTarget(d *document) directoryTarget {
	if n.ocsf.is == ocsfEntityUpdated {
		for _, k := range entityKinds {
			t := directoryTarget{name: n.changed(d, k.name), uid: n.changed(d, k.uid)}
			if t.is() {
				return t
			}
		}
	}
	return n.directoryTarget(d)
}

// userAccess writes a role that a user was given or lost.
func (n *Normalizer) userAccess() bool {
	d := n.original()
	t, ok := n.memberTarget(&d)
	role := n.changed(&d, "Role.DisplayName")
	if role.kind != String {
		role = n.changed(&d, "Role.ObjectID")
	}
	siteAdmin := role.kind != String && n.top("TargetUserOrGroupName") != 0
	if !ok || role.kind != String && !siteAdmin {
		return false
	}
	l := &n.layer
	n.ocsfActor()
	n.targetUser(&t)
	l.key("privileges")
	l.list()
	l.item()
	if siteAdmin {
		l.string("SiteCollectionAdmin")
	} else {
		l.value(role)
	}
	l.close()
	if siteAdmin {
		n.siteOfAdmin(&d)
	}
	n.iam()
	return true
}

// siteOfAdmin writes the site that somebody is admin of.
func (n *Normalizer) siteOfAdmin(d *document) {
	l := &n.layer
	if v, ok := n.scalar(d, n.field(fieldObjectID)); ok {
		l.key("resource")
		l.open()
		l.member("uid", v)
		l.close()
		n.taken(n.field(fieldObjectID))
	}
}

// memberTarget returns who became or was a member: of a role or group in the
// directory, of one in SharePoint, of a team.
func (n *Normalizer) memberTarget(d *document) (directoryTarget, bool) {
	if i := n.top("TargetUserOrGroupName"); i != 0 {
		name, ok := n.scalar(d, i)
		return directoryTarget{name: name, from: i}, ok
	}
	for i := range d.items(n.top("Members")) {
		name, ok := n.scalar(d, d.lookup(i, "UPN"))
		return directoryTarget{name: name}, ok
	}
	t := n.directoryTarget(d)
	return t, t.is()
}

// changed returns the new value of a modified property, or the old one where
// there is no new one; without the quotes that it may have.
func (n *Normalizer) changed(d *document, property string) Node {
	for i := range d.items(n.field(fieldModifiedProperties)) {
		at := d.lookup(i, "Name")
		if at == 0 || d.tape.nodes[at].kind != String || string(d.text(d.tape.nodes[at])) != property {
			continue
		}
		for _, key := range [...]string{"NewValue", "OldValue"} {
			if v, ok := n.scalar(d, d.lookup(i, key)); ok {
				return n.unquoted(v)
			}
		}
	}
	return Node{}
}

func (n *Normalizer) unquoted(v Node) Node {
	text := n.str(v)
	if len(text) > 2 && text[0] == '"' && text[len(text)-1] == '"' {
		return v.cut(1, len(text)-1)
	}
	return v
}

// groupManagement writes what was done to a group or a team, or to its members.
func (n *Normalizer) groupManagement() bool {
	d := n.original()
	member := n.ocsf.is == ocsfGroupMember || n.ocsf.is == ocsfGroupLeft
	t := n.groupOf(&d, member)
	if !t.is() {
		return false
	}
	l := &n.layer
	n.ocsfActor()
	l.key("group")
	l.open()
	n.targetMembers(&t)
	l.close()
	if member {
		if who, ok := n.memberTarget(&d); ok {
			n.targetUser(&who)
		}
	}
	n.iam()
	return true
}

// groupOf returns the group: a team by its name and id, one in SharePoint by
// EventData, one of the directory by a property where the target is a member or
// an owner.
func (n *Normalizer) groupOf(d *document, member bool) directoryTarget {
	if i := n.top("TeamName"); i != 0 {
		t := directoryTarget{from: i}
		t.name, _ = n.scalar(d, i)
		if t.uid, _ = n.scalar(d, n.top("AADGroupId")); t.uid.kind != String {
			t.uid, _ = n.scalar(d, n.top("TeamGuid"))
		}
		return t
	}
	if i := n.top("EventData"); i != 0 && d.tape.nodes[i].kind == String {
		if v, ok := between(d, d.tape.nodes[i], "<Group>", "</Group>"); ok {
			return directoryTarget{name: v}
		}
	}
	t := directoryTarget{name: n.changed(d, "Group.DisplayName"), uid: n.changed(d, "Group.ObjectID")}
	if member || t.is() {
		return t
	}
	return n.directoryTarget(d)
}

// between returns what stands between two marks in a String.
func between(d *document, v Node, before, after string) (Node, bool) {
	text := d.text(v)
	from := bytes.Index(text, []byte(before))
	if from < 0 {
		return Node{}, false
	}
	from += len(before)
	to := bytes.Index(text[from:], []byte(after))
	if to <= 0 {
		return Node{}, false
	}
	return v.cut(from, from+to), true
}

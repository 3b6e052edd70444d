package normalize

import "bytes"

// ecsFile writes file and url.
func (n *Normalizer) ecsFile(c ecsClass) {
	l := &n.layer
	d := n.original()
	l.key(keyFile)
	l.open()
	n.fileMembers(&d)
	if c.categories == catFile && !n.isAlert() {
		n.fileOfPath(&d)
	}
	if about := n.fileObject(); about != 0 {
		n.ecsFileObject(&d, about)
	}
	l.shut()
	if url, ok := n.webAddress(&d); ok && n.recordType != recordTypeCloudApps {
		l.key(keyURL)
		l.open()
		l.member("original", url)
		l.close()
	}
}

// fileOfPath takes the name of a file, and of a path that is no address its folder,
// from ObjectId where no other field has them.
func (n *Normalizer) fileOfPath(d *document) {
	i := n.field(fieldObjectID)
	if i == 0 || d.tape.nodes[i].kind != String || n.field(fieldSourceFileName) != 0 || n.field(fieldItemType) != 0 ||
		n.fileObject() != 0 || n.field(fieldExchangeMetaData) != 0 {
		return
	}
	v := d.tape.nodes[i]
	path := d.text(v)
	at := bytes.LastIndexAny(path, `\/`)
	switch {
	case at <= 0 || at == len(path)-1:
	case isURL(path):
		n.layer.member("name", v.cut(at+1, len(path)))
	case n.onDevice(d, fieldFileExtension) == 0 && n.field(fieldSourceRelativeURL) == 0: // else they are there
		n.layer.member("name", v.cut(at+1, len(path)))
		n.layer.member("directory", v.cut(0, at))
	}
}

// ecsFileObject writes what the object that describes a file has beside its name.
func (n *Normalizer) ecsFileObject(d *document, about int) {
	l := &n.layer
	id := d.lookup(about, "UniqueID")
	if id == 0 {
		id = d.lookup(about, "UniqueId")
	}
	n.scalarMember("inode", d, id)
	n.scalarMember("owner", d, d.lookup(about, "FileOwner"))
	if i := d.lookup(about, "LastModifiedTime"); i != 0 && d.tape.nodes[i].kind == String {
		const sentinel = 1900 // 0001-01-02 stands for no time
		if t, ok := parseTime(d.text(d.tape.nodes[i])); ok && t.Year() > sentinel {
			n.instant("mtime", t)
		}
	}
	if i := d.lookup(about, "SHA256"); i != 0 && d.tape.nodes[i].kind == String && len(d.text(d.tape.nodes[i])) > 0 {
		l.key("hash")
		l.open()
		l.member("sha256", d.tape.nodes[i])
		l.close()
	}
}

package normalize

// ecsFile writes file and url.
func (n *Normalizer) ecsFile() {
	l := &n.layer
	d := n.original()
	l.key(keyFile)
	l.open()
	n.fileMembers(&d)
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

package normalize

import "bytes"

// The kinds of file.
const (
	kindUnknown = 0
	kindFile    = 1
	kindFolder  = 2
	kindOther   = 99
)

// fileHosting writes what was done to a file or folder, or to what else can be
// shared.
func (n *Normalizer) fileHosting() bool {
	d := n.original()
	name, from, ok := n.fileName(&d)
	if !ok {
		return false
	}
	n.ocsfActor()
	n.srcEndpoint()
	n.ocsfFile(&d, name, from)
	n.fileResult(&d)
	n.httpRequest()
	n.api(false)
	n.ocsfStatus()
	return true
}

// fileName returns the name of the file: a field, which from is the index of, or
// the end of the path.
func (n *Normalizer) fileName(d *document) (name Node, from int, ok bool) {
	i := n.field(fieldSourceFileName)
	if name, ok = n.scalar(d, i); ok {
		return name, i, true
	}
	if i = n.field(fieldObjectID); i == 0 || d.tape.nodes[i].kind != String || d.tape.nodes[i].n == 0 {
		return Node{}, 0, false
	}
	return lastPart(d, d.tape.nodes[i]), 0, true
}

// lastPart returns what follows the last slash or backslash of a path that does
// not end in it; all of it where there is none.
func lastPart(d *document, v Node) Node {
	text := d.text(v)
	end := len(bytes.TrimRight(text, `/\`))
	if end == 0 {
		return v
	}
	return v.cut(bytes.LastIndexAny(text[:end], `/\`)+1, end)
}

// ocsfFile writes the file of a record.
func (n *Normalizer) ocsfFile(d *document, name Node, from int) {
	l := &n.layer
	l.key("file")
	l.open()
	l.member("name", name)
	if from != 0 {
		n.taken(from)
	}
	n.fileType(d)
	n.claim("ext", fieldSourceFileExtension)
	n.claim("path", fieldObjectID)
	n.claim("parent_folder", fieldSourceRelativeURL)
	n.claim("uid", fieldListItemUniqueID)
	if size, ok := whole(d, n.field(fieldFileSizeBytes)); ok && size >= 0 {
		l.member("size", intNode(size))
		if d.tape.nodes[n.field(fieldFileSizeBytes)].kind == Int {
			n.taken(n.field(fieldFileSizeBytes))
		}
	}
	l.close()
}

// fileType writes what the file is; what Microsoft calls it only where OCSF has
// the same word, or none.
func (n *Normalizer) fileType(d *document) {
	l := &n.layer
	kind := n.fileKind(d)
	l.member("type_id", intNode(kind))
	switch {
	case kind == kindFile:
		l.word("type", "Regular File")
	case kind == kindOther, string(n.fieldText(fieldItemType)) == "Folder":
		n.claim("type", fieldItemType)
	case kind == kindFolder:
		l.word("type", "Folder")
	}
}

// fileKind returns what the file is, by ItemType.
func (n *Normalizer) fileKind(d *document) int64 {
	i := n.field(fieldItemType)
	if i == 0 || d.tape.nodes[i].kind != String {
		return kindUnknown
	}
	switch text := d.text(d.tape.nodes[i]); {
	case equalFold(text, "file"):
		return kindFile
	case equalFold(text, "folder"):
		return kindFolder
	default:
		return kindOther
	}
}

// fileResult writes what a file became, by a copy, a move or a new name.
func (n *Normalizer) fileResult(d *document) {
	i := n.top("DestinationFileName")
	if _, ok := n.scalar(d, i); !ok {
		return
	}
	l := &n.layer
	l.key("file_result")
	l.open()
	n.claimAt("name", i)
	n.fileType(d)
	n.claimAt("ext", n.top("DestinationFileExtension"))
	n.claimAt("parent_folder", n.top("DestinationRelativeUrl"))
	l.close()
}

// webResources writes what was done to a page, a list or a site.
func (n *Normalizer) webResources() bool {
	d := n.original()
	i := n.field(fieldObjectID)
	_, hasID := n.scalar(&d, n.field(fieldListItemUniqueID))
	hasName := i != 0 && d.tape.nodes[i].kind == String && d.tape.nodes[i].n > 0
	if !hasID && !hasName {
		return false
	}
	n.ocsfActor()
	n.srcEndpoint()
	n.webResource(&d, hasName)
	n.httpRequest()
	n.api(false)
	n.ocsfStatus()
	return true
}

// webResource writes the page, list or site. Its address is its name, where it is
// none.
func (n *Normalizer) webResource(d *document, hasName bool) {
	l := &n.layer
	l.key("web_resources")
	l.list()
	l.item()
	l.open()
	if hasName {
		i := n.field(fieldObjectID)
		v := d.tape.nodes[i]
		if isURL(d.text(v)) {
			l.member("name", lastPart(d, v))
			l.member("url_string", v)
		} else {
			l.member("name", v)
		}
		n.taken(i)
	}
	n.claim("uid", fieldListItemUniqueID)
	n.claim("type", fieldItemType)
	n.claimAt("desc", n.top("ListTitle"))
	l.close()
	l.close()
}

package normalize

import (
	"bytes"
	"math"
	"strconv"
)

// file writes file and url: of a file in SharePoint or OneDrive by fields of its
// own, elsewhere by the object that describes it.
func (n *Normalizer) file() {
	l := &n.layer
	d := n.original()
	l.key(keyFile)
	l.open()
	n.fileMembers(&d)
	l.shut()
	if url, ok := n.webAddress(&d); ok {
		l.member(keyURL, url)
	}
}

// fileMembers writes name, extension, directory and size.
func (n *Normalizer) fileMembers(d *document) {
	if about := n.fileObject(); about != 0 {
		n.scalarMember("name", d, d.lookup(about, "FileName"))
		n.sizeMember(d, d.lookup(about, "FileSize"))
	} else {
		n.fileFields(d)
	}
}

// webAddress finds what the record is about, where that is an address of the web.
func (n *Normalizer) webAddress(d *document) (Node, bool) {
	url := 0
	if about := n.fileObject(); about != 0 {
		url = d.lookup(about, "FilePathUrl")
	}
	for _, i := range [...]int{n.field(fieldURL), url, n.field(fieldObjectID)} {
		if i != 0 && d.tape.nodes[i].kind == String && isURL(d.text(d.tape.nodes[i])) {
			return d.tape.nodes[i], true
		}
	}
	return Node{}, false
}

// fileFields writes the file that fields of the record itself describe.
func (n *Normalizer) fileFields(d *document) {
	extension := n.onDevice(d, fieldFileExtension)
	if extension != 0 && n.field(fieldSourceFileName) == 0 && n.field(fieldSourceFileExtension) == 0 && n.field(fieldSourceRelativeURL) == 0 {
		n.fileOnDevice(d, extension)
	} else {
		n.member("name", fieldSourceFileName)
		n.member("extension", fieldSourceFileExtension)
		n.member("directory", fieldSourceRelativeURL)
	}
	if size := n.field(fieldFileSizeBytes); size != 0 {
		n.sizeMember(d, size)
	} else {
		n.sizeMember(d, n.onDevice(d, fieldFileSize))
	}
}

// fileObject returns the object that describes the file of a record: of DLP in
// SharePoint, or of malware that was found.
func (n *Normalizer) fileObject() int {
	if i := n.objectField(fieldSharePointMetaData); i != 0 {
		return i
	}
	return n.objectField(fieldFileData)
}

// fileOnDevice takes the name and folder of a file on a device from its path.
func (n *Normalizer) fileOnDevice(d *document, extension int) {
	if i := n.field(fieldObjectID); i != 0 && d.tape.nodes[i].kind == String {
		v := d.tape.nodes[i]
		path := d.text(v)
		if at := bytes.LastIndexAny(path, `\/`); at > 0 && at < len(path)-1 && !isURL(path) {
			n.layer.member("name", v.cut(at+1, len(path)))
			n.layer.member("directory", v.cut(0, at))
		}
	}
	n.scalarMember("extension", d, extension)
}

// scalarMember writes a member with a value of d, if there is one.
func (n *Normalizer) scalarMember(name string, d *document, i int) {
	if v, ok := n.scalar(d, i); ok {
		n.layer.member(name, v)
	}
}

// sizeMember writes size, a whole number whatever the service writes.
func (n *Normalizer) sizeMember(d *document, i int) {
	if size, ok := whole(d, i); ok && size >= 0 {
		n.layer.member("size", intNode(size))
	}
}

func isURL(text []byte) bool {
	return hasPrefixFold(text, "https://") || hasPrefixFold(text, "http://")
}

// whole returns a number without a fraction, also one in a string, also one like
// 1e9. False for i = 0.
func whole(d *document, i int) (int64, bool) {
	if i == 0 {
		return 0, false
	}
	switch v := d.tape.nodes[i]; v.kind {
	case Int:
		return v.Int(), true
	case Float:
		return wholeFloat(v.Float())
	case String:
		text := d.text(v)
		const longest = 24 // of a number that fits
		if len(text) == 0 || len(text) > longest {
			return 0, false
		}
		if n := decimal(text); n >= 0 && len(text) <= 18 {
			return int64(n), true
		}
		f, err := strconv.ParseFloat(string(text), 64)
		if err != nil {
			return 0, false
		}
		return wholeFloat(f)
	default:
		return 0, false
	}
}

func wholeFloat(f float64) (int64, bool) {
	if f != math.Trunc(f) || math.Abs(f) >= 1<<53 {
		return 0, false
	}
	return int64(f), true
}

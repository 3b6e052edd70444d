package normalize

// layer builds the nodes of our own fields. Containers nest by open, list and
// close; a key, or item in a list, comes before its value.
type layer struct {
	nodes []Node
	texts []byte
	stack [8]int32 // nodes of the containers that are open
	depth int
}

// layerMark is a state of a layer that it can be set back to.
type layerMark struct {
	nodes, texts int
	depth        int
	stack        [8]int32
	members      [8]uint32 // of the containers that are open
}

// mark returns the state of l.
func (l *layer) mark() layerMark {
	m := layerMark{nodes: len(l.nodes), texts: len(l.texts), depth: l.depth, stack: l.stack}
	for i, at := range l.stack[:l.depth] {
		m.members[i] = l.nodes[at].n
	}
	return m
}

// reset goes back to m.
func (l *layer) reset(m *layerMark) {
	l.nodes, l.texts, l.depth, l.stack = l.nodes[:m.nodes], l.texts[:m.texts], m.depth, m.stack
	for i, at := range l.stack[:l.depth] {
		l.nodes[at].n = m.members[i]
	}
}

// open starts an Object as the next value.
func (l *layer) open() { l.start(Object) }

// list starts an Array as the next value.
func (l *layer) list() { l.start(Array) }

func (l *layer) start(kind Kind) {
	l.stack[l.depth] = int32(len(l.nodes)) //nolint:gosec // fewer than the bytes of a record
	l.depth++
	l.nodes = append(l.nodes, Node{kind: kind})
}

// close ends the container that was opened last.
func (l *layer) close() {
	l.depth--
	at := int(l.stack[l.depth])
	l.nodes[at].v = uint64(len(l.nodes) - at - 1) //nolint:gosec // not negative
}

// shut closes a container that stands under a key; an empty one goes, with its
// key, for the layer has no empty values.
func (l *layer) shut() {
	l.close()
	if at := l.stack[l.depth]; l.nodes[at].n == 0 {
		l.nodes = l.nodes[:at-1]
		l.nodes[l.stack[l.depth-1]].n--
	}
}

// key starts the next member of the open object.
func (l *layer) key(name string) {
	l.item()
	l.string(name)
}

// item counts the next item of the open list.
func (l *layer) item() { l.nodes[l.stack[l.depth-1]].n++ }

// shutItem closes an object that is an item of a list; an empty one goes.
func (l *layer) shutItem() {
	l.close()
	if at := l.stack[l.depth]; l.nodes[at].n == 0 {
		l.nodes = l.nodes[:at]
		l.nodes[l.stack[l.depth-1]].n--
	}
}

// own returns a text as a String that is no value yet.
func (l *layer) own(text string) Node {
	at := len(l.texts)
	l.texts = appendValid(l.texts, []byte(text))
	return l.since(at)
}

// member appends a key and a value that is one node.
func (l *layer) member(name string, value Node) {
	l.item()
	at := len(l.texts)
	l.texts = append(l.texts, name...)
	l.nodes = append(l.nodes, stringNode(fromLayer, at, len(name)), value)
}

// word appends a key and a value that is a word of ours.
func (l *layer) word(name, value string) {
	at := len(l.texts) + len(name)
	l.texts = append(append(l.texts, name...), value...)
	l.item()
	l.nodes = append(l.nodes, stringNode(fromLayer, at-len(name), len(name)), stringNode(fromLayer, at, len(value)))
}

// string appends a value, or a key.
func (l *layer) string(s string) {
	at := len(l.texts)
	l.texts = append(l.texts, s...)
	l.nodes = append(l.nodes, stringNode(fromLayer, at, len(s)))
}

// text appends a value of any bytes, made valid UTF-8.
func (l *layer) text(b []byte) {
	at := len(l.texts)
	l.texts = appendValid(l.texts, b)
	l.value(l.since(at))
}

// keep returns s, made valid UTF-8, as a String that is no value yet.
func (l *layer) keep(s string) Node {
	at := len(l.texts)
	l.texts = appendValid(l.texts, []byte(s))
	return l.since(at)
}

// since returns the texts from at on as a String that is no value yet.
func (l *layer) since(at int) Node { return stringNode(fromLayer, at, len(l.texts)-at) }

// value appends a value that is one node.
func (l *layer) value(n Node) { l.nodes = append(l.nodes, n) }

// values appends nodes that follow each other, as they are.
func (l *layer) values(nodes []Node) { l.nodes = append(l.nodes, nodes...) }

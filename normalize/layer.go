package normalize

// layer builds the nodes of our own fields. Objects nest by open and close; a
// key comes before its value.
type layer struct {
	nodes []Node
	texts []byte
	stack [8]int32 // nodes of the objects that are open
	depth int
}

// reset goes back to a state that held nodes and texts bytes, inside the record.
func (l *layer) reset(nodes, texts int) {
	l.nodes, l.texts, l.depth = l.nodes[:nodes], l.texts[:texts], 1
}

// open starts an Object as the next value.
func (l *layer) open() {
	l.stack[l.depth] = int32(len(l.nodes)) //nolint:gosec // our own nodes, a few dozen
	l.depth++
	l.nodes = append(l.nodes, Node{kind: Object})
}

// close ends the object that was opened last.
func (l *layer) close() {
	l.depth--
	at := int(l.stack[l.depth])
	l.nodes[at].v = uint64(len(l.nodes) - at - 1) //nolint:gosec // not negative
}

// key starts the next member of the open object.
func (l *layer) key(name string) {
	l.nodes[l.stack[l.depth-1]].n++
	l.string(name)
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
	l.nodes = append(l.nodes, stringNode(fromLayer, at, len(l.texts)-at))
}

// value appends a value that is one node.
func (l *layer) value(n Node) { l.nodes = append(l.nodes, n) }

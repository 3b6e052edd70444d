package normalize

// office365 writes our own object: the original fields where they nest there,
// those whose place on top is taken, and the helper objects.
func (n *Normalizer) office365() {
	r, l := &n.record, &n.layer
	l.key(keyOffice365)
	l.open()
	switch mode := n.options.VendorFields; mode {
	case VendorTop:
		n.displace(true)
	default:
		l.nodes[l.stack[l.depth-1]].n += r.tape.nodes[0].n
		l.values(r.tape.nodes[1:])
		if mode == VendorNested {
			n.keepOnTop(r)
		} else {
			n.displace(false)
		}
	}
	if !n.options.NoFlatten && n.hasRoom(r) {
		n.writeHelpers()
	}
	l.shut()
}

// displaced writes the original fields whose place on top is taken.
func (n *Normalizer) displaced() {
	l := &n.layer
	l.key(keyOffice365)
	l.open()
	n.displace(true)
	l.shut()
}

// writeHelpers writes the helper objects. Beside nested originals they stand
// under a key of their own: to a sink that folds case, Parameters and parameters
// are one.
func (n *Normalizer) writeHelpers() {
	if n.options.VendorFields != VendorNested {
		n.helpers()
		return
	}
	if n.silenced(keyFlattened) {
		return
	}
	n.layer.key(keyFlattened)
	n.layer.open()
	n.helpers()
	n.layer.shut()
}

// chunkBytes is the size of Fluent Bit's chunks (FLB_INPUT_CHUNK_FS_MAX_SIZE).
// Longer records work, but each is a chunk alone.
const chunkBytes = 2_048_000

// hasRoom reports whether helper objects fit into the chunk that the original
// fields go into.
func (n *Normalizer) hasRoom(r *Record) bool {
	const objects = len(nameValueFields) + 2
	room := chunkBytes - objects*helperBytes
	if n.options.VendorFields == VendorBoth {
		room /= 2
	}
	return len(r.texts[fromRaw]) <= room
}

// isTaken reports whether an original field has a key of ours. The service
// writes all its keys with a capital, so none has as a rule.
func (n *Normalizer) isTaken(r *Record) bool {
	for i := 1; i < len(r.tape.nodes); i = r.tape.next(i) {
		if key := r.tape.nodes[i]; key.kind == String && n.isReserved(r.Text(key)) {
			return true
		}
	}
	return false
}

// displace takes original fields with a key of ours from the top, to office365
// if they are not there already.
func (n *Normalizer) displace(move bool) {
	r, l := &n.record, &n.layer
	if r.tape.initial&n.initial == 0 || !n.isTaken(r) {
		return
	}
	r.rest = append(r.rest[:0], r.tape.nodes...)
	r.original = r.rest
	for i := 1; i < len(r.tape.nodes); i = r.tape.next(i) {
		key := r.tape.nodes[i]
		if key.kind != String || !n.isReserved(r.Text(key)) {
			continue
		}
		end := r.tape.next(i)
		if move {
			l.item()
			l.values(r.tape.nodes[i:end])
		}
		r.rest[0].n--
		r.rest[i] = Node{kind: Gone, n: uint32(end - i - 1)} //nolint:gosec // fewer than the bytes of a record
	}
}

// onTop are the fields that stay on top as well when the originals nest, so that
// searches for them go on working.
var onTop = [...]field{fieldOperation, fieldID, fieldAlertID}

// keepOnTop leaves no more than these of the original fields on top.
func (n *Normalizer) keepOnTop(r *Record) {
	r.rest = append(r.rest[:0], Node{kind: Object})
	for _, f := range onTop {
		i := n.field(f)
		if i == 0 || n.isReserved(r.Text(r.tape.nodes[i-1])) {
			continue
		}
		r.rest[0].n++
		r.rest = append(r.rest, r.tape.nodes[i-1:r.tape.after(i)]...)
	}
	r.original = r.rest
}

func (n *Normalizer) isReserved(key []byte) bool {
	_, ok := n.reserved[string(key)]
	return ok
}

// silenced reports whether an original field has the name of a helper object:
// it may stand where that would.
func (n *Normalizer) silenced(helper string) bool {
	const lowerCase = initials(0x07fffffe) << 32 // a to z
	if n.record.tape.initial&lowerCase == 0 {
		return false
	}
	d := n.original()
	return d.lookup(0, helper) != 0
}

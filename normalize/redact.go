package normalize

import "bytes"

// redacted stands in for what is masked.
const redacted = "[redacted]"

// detectedValues is the key of what a DLP policy found: the secret itself and
// the text around it.
const detectedValues = "DetectedValues"

// secretWords are what the name of a property that holds a secret has in it, in
// lower case.
var secretWords = [...]string{"key", "password", "secret", "credential"}

// redactor masks what a record must not carry with `redact on`:
//
//   - under every DetectedValues, at any depth, all strings and numbers: Name
//     holds the secret and Value the text around it; Microsoft's documentation
//     has it the other way round, and a Context beside them;
//   - in ModifiedProperties, the old and new value of each property whose name
//     speaks of a secret;
//   - of any other string with DetectedValues in it, which is JSON that is not
//     read here, all from there on.
//
// It changes the parsed record in its place, so that whatever is derived from it
// is masked too. Lists and objects keep their lengths, booleans and nulls stay.
type redactor struct {
	d    document
	mask Node
}

// redact masks the record.
func (n *Normalizer) redact() {
	r := redactor{d: n.original()}
	r.mask = r.keep(nil)
	r.walk(0)
	if i := n.field(fieldModifiedProperties); i != 0 {
		for item := range r.d.items(i) {
			r.change(item)
		}
	}
}

// keep appends text and the mark to the texts of the record.
func (r *redactor) keep(text []byte) Node {
	t := r.d.tape
	at := len(t.decoded)
	t.decoded = append(append(t.decoded, text...), redacted...)
	r.d.record.texts[fromDecoded] = t.decoded
	return stringNode(fromDecoded, at, len(t.decoded)-at)
}

// walk looks for detected values in the value at nodes[i]. No value nests deeper
// than MaxDepth.
func (r *redactor) walk(i int) {
	t := r.d.tape
	switch v := t.nodes[i]; v.kind {
	case Object:
		for k, end := i+1, t.after(i); k < end; k = t.next(k) {
			if key := t.nodes[k]; key.kind != String {
				continue
			} else if string(r.d.text(key)) == detectedValues {
				r.maskAll(k + 1)
			} else {
				r.walk(k + 1)
			}
		}
	case Array:
		for item := range r.d.items(i) {
			r.walk(item)
		}
	case String:
		if at := detectedIn(r.d.text(v)); at >= 0 {
			t.nodes[i] = r.keep(r.d.text(v)[:at])
		}
	}
}

// detectedIn returns where in a text detected values begin, -1 when there are
// none.
func detectedIn(text []byte) int {
	at := bytes.Index(text, []byte(detectedValues))
	if at >= 0 && at+len(detectedValues) == len(text) {
		return -1 // the word alone
	}
	return at
}

// maskAll masks all strings and numbers in the value at nodes[i] but the keys.
func (r *redactor) maskAll(i int) {
	t := r.d.tape
	switch t.nodes[i].kind {
	case Object:
		for k, end := i+1, t.after(i); k < end; k = t.next(k) {
			if t.nodes[k].kind == String {
				r.maskAll(k + 1)
			}
		}
	case Array:
		for item := range r.d.items(i) {
			r.maskAll(item)
		}
	case String, Int, Float:
		t.nodes[i] = r.mask
	}
}

// change masks the values of a modified property that is a secret.
func (r *redactor) change(item int) {
	name := r.d.lookup(item, "Name")
	if name == 0 || r.d.tape.nodes[name].kind != String || !speaksOfSecret(r.d.text(r.d.tape.nodes[name])) {
		return
	}
	for _, key := range [...]string{"OldValue", "NewValue"} {
		if i := r.d.lookup(item, key); i != 0 {
			r.maskAll(i)
		}
	}
}

func speaksOfSecret(name []byte) bool {
	for i := range name {
		for _, word := range secretWords {
			if hasPrefixFold(name[i:], word) {
				return true
			}
		}
	}
	return false
}

// redactedText is a text that is no record without what it may hold of secrets:
// nothing can be said of its parts, so all from the first suspect word on goes.
func redactedText(text []byte) []byte {
	end := len(text)
	for _, word := range [...]string{detectedValues, "ModifiedProperties"} {
		if i := bytes.Index(text[:end], []byte(word)); i >= 0 {
			end = i
		}
	}
	if end == len(text) {
		return text
	}
	return append(bytes.Clone(text[:end]), redacted...)
}

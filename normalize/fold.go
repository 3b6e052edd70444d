package normalize

// foldRoom is longer than any word that is compared without regard to case.
const foldRoom = 64

// fold returns text in lower case, in room, so that a switch can compare it with
// words of ASCII; nil when it is too long to be one of them.
func fold(room *[foldRoom]byte, text []byte) []byte {
	if len(text) > len(room) {
		return nil
	}
	for i, c := range text {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		room[i] = c
	}
	return room[:len(text)]
}

// hasPrefixFold reports whether text begins with prefix, which is lower case.
func hasPrefixFold(text []byte, prefix string) bool {
	if len(text) < len(prefix) {
		return false
	}
	for i := range len(prefix) {
		c := text[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != prefix[i] {
			return false
		}
	}
	return true
}

// sameFold reports whether two texts differ in nothing but the case of ASCII.
func sameFold(a, b []byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i, c := range a {
		x := b[i]
		if c != x && (c|0x20 != x|0x20 || !isLetter(c)) {
			return false
		}
	}
	return true
}

// equalFold reports whether text is word, which is lower case.
func equalFold(text []byte, word string) bool {
	return len(text) == len(word) && hasPrefixFold(text, word)
}

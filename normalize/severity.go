package normalize

// severities are Microsoft's words, from least to most, with the numbers that
// Interflow has for them.
var severities = [...]struct {
	name  string
	score int64
}{
	{"informational", 10},
	{"low", 25},
	{"medium", 50},
	{"high", 75},
}

// severityScore returns the number of a severity in any letter case.
func severityScore(text []byte) (int64, bool) {
	var room [foldRoom]byte
	word := fold(&room, text)
	for _, s := range severities {
		if s.name == string(word) {
			return s.score, true
		}
	}
	return 0, false
}

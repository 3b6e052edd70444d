package program

import (
	"fmt"
	"strings"
)

// Section renders a section of the classic format from keys and values; a key
// without a value is left out.
func Section(name string, pairs ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "[%s]\n", name)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			fmt.Fprintf(&b, "    %s %s\n", pairs[i], pairs[i+1])
		}
	}
	return b.String()
}

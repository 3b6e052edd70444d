package normalize

// verbOf tells by the words of an operation what it does: New-InboxRule,
// FileDownloaded, CreateFlow and "Add policy." each have a verb among them. The
// last one counts, for where two look like verbs the first is what was acted on:
// AuditSearchCreated. 0 where none is known.
func verbOf(operation []byte) ecsTypes {
	for end := len(operation); end > 0; {
		for end > 0 && !isLetter(operation[end-1]) {
			end--
		}
		start := end
		for start > 0 && isLetter(operation[start-1]) {
			start--
			if isCapital(operation[start]) && (start == 0 || !isCapital(operation[start-1])) {
				break
			}
		}
		if t := verb(operation[start:end]); t != 0 {
			return t
		}
		end = start
	}
	return 0
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isCapital(c byte) bool { return 'A' <= c && c <= 'Z' }

// verb says what a word does, 0 when it is no verb that is known.
func verb(word []byte) ecsTypes {
	var room [foldRoom]byte
	switch string(fold(&room, word)) {
	case "access", "accessed", "browsed", "discover", "download", "downloaded", "export", "exported", "find", "get", "launch", "launched",
		"listed", "open", "opened", "preview", "previewed", "print", "printed", "read", "retrieved", "run", "search", "searched", "test",
		"used", "view", "viewed", "visited":
		return typeAccess
	case "add", "added", "copied", "copy", "create", "created", "creation", "generated", "import", "imported", "install", "installed",
		"invite", "invited", "new", "register", "registered", "submit", "submitted", "upload", "uploaded":
		return typeCreation
	case "clear", "cleared", "delete", "deleted", "deletion", "purge", "purged", "recycled", "remove", "removed", "uninstall",
		"uninstalled", "unregister":
		return typeDeletion
	case "activate", "activated", "applied", "apply", "approve", "approved", "assign", "assigned", "blocked", "change", "changed",
		"completed", "consent", "deactivate", "deactivated", "disable", "disabled", "edit", "edited", "enable", "enabled", "move", "moved",
		"modified", "modify", "patch", "publish", "published", "put", "release", "rename", "renamed", "reset", "restore", "restored",
		"revoke", "revoked", "set", "share", "shared", "start", "started", "stop", "stopped", "suspended", "toggled", "unassign",
		"update", "updated", "upgraded", "write":
		return typeChange
	default:
		return 0
	}
}

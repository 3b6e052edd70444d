package state

// Written is how many bytes of pages transactions have written since the file
// was opened, the list of free pages among them. Each writes one page of 4 KB
// more, which points to them.
func (f *File) Written() int64 {
	stats := f.db.Stats()
	return stats.TxStats.GetPageAlloc()
}

module gotemplate

// The original's: the packages mind it.
go 1.26.0

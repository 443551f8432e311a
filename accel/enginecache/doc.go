// Package enginecache keeps engine blobs on the disk, where the next start finds
// them: building one takes minutes. It knows what identifies an engine (Key), that
// a file is whole, that only one process builds an engine at a time, and how large
// the folder may grow. It knows neither the runtimes nor what is in a blob.
//
// A cache is never a reason to fail: what cannot be read is absent, what cannot be
// written is not kept, and a line in the log says so once.
package enginecache

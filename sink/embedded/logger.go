package embedded

import (
	"fmt"
	"log/slog"
)

// logger passes the server's warnings and errors on. What it tells of a normal
// start, and of each client, is debug.
type logger struct {
	log   *slog.Logger
	fatal chan string // the first; the server would end the process here
}

const says = "the NATS server says"

// Noticef implements server.Logger.
func (l *logger) Noticef(format string, v ...any) {
	l.log.Debug(says, "text", fmt.Sprintf(format, v...))
}

// Warnf implements server.Logger.
func (l *logger) Warnf(format string, v ...any) { l.log.Warn(says, "text", fmt.Sprintf(format, v...)) }

// Errorf implements server.Logger.
func (l *logger) Errorf(format string, v ...any) {
	l.log.Error(says, "text", fmt.Sprintf(format, v...))
}

// Fatalf implements server.Logger.
func (l *logger) Fatalf(format string, v ...any) {
	select {
	case l.fatal <- fmt.Sprintf(format, v...):
	default:
		l.Errorf(format, v...)
	}
}

// Debugf implements server.Logger.
func (l *logger) Debugf(string, ...any) {}

// Tracef implements server.Logger.
func (l *logger) Tracef(string, ...any) {}

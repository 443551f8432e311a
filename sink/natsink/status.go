package natsink

// Connected says whether there is a server at this moment.
func (s *Sink) Connected() bool { return s.nc.IsConnected() }

// Dropped is how many messages were given up that no receipt had to hear of: those of
// the spool, and changes of cameras' states.
func (s *Sink) Dropped() uint64 {
	n := s.lost.Load()
	if b := s.Backlog(); b != nil {
		n += b.Dropped
	}
	return n
}

// Pending is how many messages the server has not confirmed yet, those on disk not among
// them.
func (s *Sink) Pending() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.window.tail - s.window.head
}

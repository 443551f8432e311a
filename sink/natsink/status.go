package natsink

// Connected says whether there is a server at this moment.
func (s *Sink) Connected() bool { return s.nc.IsConnected() }

// Pending is how many messages the server has not confirmed yet, those on disk not among
// them.
func (s *Sink) Pending() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.window.tail - s.window.head
}

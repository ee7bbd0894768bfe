package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"example.org/live/livepb"
)

const tick = 200 * time.Millisecond

type quotes struct {
	livepb.UnimplementedQuotesServer
	release string
	// Done when the process is to end.
	stop context.Context
	// Open WebSockets, for which the server's own shutdown does not wait.
	sockets sync.WaitGroup
}

func (q *quotes) now(name string) *livepb.Quote {
	return &livepb.Quote{Name: name, Cents: time.Now().Unix() % 10_000, Release: q.release}
}

// each calls send at each tick until it fails, the caller is gone or the process is to end.
func (q *quotes) each(caller context.Context, send func() error) error {
	ticks := time.NewTicker(tick)
	defer ticks.Stop()
	for {
		if err := send(); err != nil {
			return err
		}
		select {
		case <-ticks.C:
		case <-caller.Done():
			return caller.Err()
		case <-q.stop.Done():
			return nil
		}
	}
}

func (q *quotes) Get(_ context.Context, symbol *livepb.Symbol) (*livepb.Quote, error) {
	return q.now(symbol.GetName()), nil
}

func (q *quotes) Watch(symbol *livepb.Symbol, stream livepb.Quotes_WatchServer) error {
	return q.each(stream.Context(), func() error { return stream.Send(q.now(symbol.GetName())) })
}

// events sends quotes until the caller has gone, or for count of them.
func (q *quotes) events(w http.ResponseWriter, r *http.Request) {
	left, _ := strconv.Atoi(r.FormValue("count"))
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	_ = q.each(r.Context(), func() error {
		data, err := json.Marshal(q.now(r.FormValue("symbol")))
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w, "data: %s\n\n", data); err != nil {
			return err
		}
		if left--; left == 0 {
			return io.EOF
		}
		return http.NewResponseController(w).Flush()
	})
}

func (q *quotes) socket(w http.ResponseWriter, r *http.Request) {
	socket, err := websocket.Accept(w, r, nil)
	if err != nil {
		return // it has answered
	}
	q.sockets.Add(1)
	defer q.sockets.Done()
	defer socket.CloseNow()
	caller := socket.CloseRead(r.Context())
	_ = q.each(caller, func() error { return wsjson.Write(caller, socket, q.now(r.FormValue("symbol"))) })
	// The browser connects again, to a process that stays.
	_ = socket.Close(websocket.StatusGoingAway, "the server is replaced")
}

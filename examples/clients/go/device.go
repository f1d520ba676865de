// A device: sends back all bytes of the bridges with the request data "echo", and rejects others.
//
// Usage: device URL DEVICE
//
// Debian's golang-go and golang-github-gorilla-websocket-dev build it:
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go build device.go
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"math/rand"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

const tries = 5

type message struct {
	Type        string `json:"type"`
	BridgeToken string `json:"bridgeToken"`
	AcceptURL   string `json:"acceptUrl"`
	RequestData string `json:"requestData"`
	Principal   string `json:"principal"`
}

var dialer = websocket.Dialer{Subprotocols: []string{"wsbridge.v1"}, HandshakeTimeout: 10 * time.Second}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: device URL DEVICE")
		os.Exit(2)
	}
	rand.Seed(time.Now().UnixNano())
	device := strings.ReplaceAll(url.QueryEscape(os.Args[2]), "+", "%20")
	go keepListening(os.Args[1]+"/bridge/listen?deviceId="+device, func() { fmt.Println("listening") })
	select {} // for ever: after a move, another goroutine listens
}

func between(least, most time.Duration) time.Duration {
	return least + time.Duration(rand.Int63n(int64(most-least)))
}

func closeWith(socket *websocket.Conn, code int, reason string) {
	deadline := time.Now().Add(5 * time.Second)
	socket.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), deadline)
}

func keepListening(address string, listening func()) {
	wait := 500 * time.Millisecond
	for {
		least := wait
		wait = min(2*wait, 30*time.Second)
		socket, _, err := websocket.DefaultDialer.Dial(address, nil)
		if err == nil {
			listening()
			wait = 500 * time.Millisecond
			least = wait
			err = listen(socket, address)
			socket.Close()
		}
		if websocket.IsCloseError(err, websocket.CloseNormalClosure) {
			return // this program's own close, after a move
		}
		if websocket.IsCloseError(err, 4409) {
			least = 30 * time.Second // another listener with this id
		}
		log.Print(err)
		time.Sleep(between(least, 2*least))
	}
}

func min(a, b time.Duration) time.Duration {
	if a < b {
		return a
	}
	return b
}

// Serves one listen socket until it ends.
func listen(socket *websocket.Conn, address string) error {
	for {
		_, text, err := socket.ReadMessage()
		if err != nil {
			return err
		}
		var next message
		if json.Unmarshal(text, &next) != nil {
			continue
		}
		switch {
		case next.Type == "invitation" && next.RequestData == "echo":
			go accept(next)
		case next.Type == "invitation":
			no := map[string]any{"type": "reject", "bridgeToken": next.BridgeToken, "code": 404, "reason": "no such target"}
			if err := socket.WriteJSON(no); err != nil {
				return err
			}
		case next.Type == "move":
			// Another listen socket first; only then is this one closed.
			go keepListening(address, func() {
				time.AfterFunc(time.Second, func() { closeWith(socket, websocket.CloseNormalClosure, "") })
			})
		}
	}
}

// Opens the accept URL, again if the bridge did not come about: the token is used up only by a bridge.
func accept(invitation message) {
	for try := 0; try < tries; try++ {
		socket, answer, err := dialer.Dial(invitation.AcceptURL, nil)
		if err == nil {
			var established message
			if err = socket.ReadJSON(&established); err == nil {
				if established.Principal != invitation.Principal {
					closeWith(socket, websocket.ClosePolicyViolation, "another requester than that of the invitation")
				} else {
					echo(socket)
				}
			}
			socket.Close()
			if err == nil || websocket.IsCloseError(err, 1000, 1001, 4000, 4410, 4502) {
				return
			}
		} else if answer != nil && answer.StatusCode != 429 && answer.StatusCode != 503 {
			log.Print(answer.Status)
			return
		}
		time.Sleep(between(200*time.Millisecond, 500*time.Millisecond) << try)
	}
}

func echo(socket *websocket.Conn) {
	for {
		kind, bytes, err := socket.ReadMessage()
		if err != nil {
			return
		}
		if kind == websocket.TextMessage && len(bytes) == 0 {
			continue // no half-close, and it must not become one
		}
		if socket.WriteMessage(websocket.BinaryMessage, bytes) != nil {
			return
		}
		if len(bytes) == 0 { // the requester's half-close, which has just been answered
			closeWith(socket, websocket.CloseNormalClosure, "")
			socket.SetReadDeadline(time.Now().Add(5 * time.Second))
			socket.ReadMessage()
			return
		}
	}
}

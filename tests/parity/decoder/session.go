package main

import (
	"bytes"
	"crypto/aes"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/oauth2-proxy/oauth2-proxy/v7/pkg/apis/options"
	"github.com/oauth2-proxy/oauth2-proxy/v7/pkg/apis/sessions"
	"github.com/oauth2-proxy/oauth2-proxy/v7/pkg/encryption"
	"github.com/oauth2-proxy/oauth2-proxy/v7/pkg/logger"
	store "github.com/oauth2-proxy/oauth2-proxy/v7/pkg/sessions/cookie"
	"github.com/pierrec/lz4/v4"
)

// cookie is what the cookie options of a configuration say.
type cookie struct {
	Name         string   `json:"name"`
	Secret       string   `json:"secret"`
	Expire       float64  `json:"expire"` // seconds; 0 checks no time
	CSRFExpire   float64  `json:"csrf_expire"`
	PerRequest   bool     `json:"per_request"`
	Domains      []string `json:"domains"`
	Path         string   `json:"path"`
	Insecure     bool     `json:"insecure"`
	Minimal      bool     `json:"minimal"`
	SameSite     string   `json:"same_site"`
	CSRFSameSite string   `json:"csrf_same_site"`
}

// session is the record with times as Unix seconds (fractions allowed), null when unset.
type session struct {
	CreatedAt         *float64       `json:"ca,omitempty"`
	ExpiresOn         *float64       `json:"eo,omitempty"`
	AccessToken       string         `json:"at,omitempty"`
	IDToken           string         `json:"it,omitempty"`
	RefreshToken      string         `json:"rt,omitempty"`
	Nonce             string         `json:"n,omitempty"` // hex
	Email             string         `json:"e,omitempty"`
	User              string         `json:"u,omitempty"`
	Groups            []string       `json:"g,omitempty"`
	PreferredUsername string         `json:"pu,omitempty"`
	AdditionalClaims  map[string]any `json:"ac,omitempty"`
}

func quiet() {
	logger.SetOutput(io.Discard)
	logger.SetErrOutput(io.Discard)
}

func (c *cookie) options() *options.Cookie {
	path := c.Path
	if path == "" {
		path = "/"
	}
	return &options.Cookie{
		Name: c.Name, Secret: c.Secret, Domains: c.Domains, Path: path,
		Expire: seconds(c.Expire), Secure: !c.Insecure, HTTPOnly: true, SameSite: c.SameSite,
		CSRFPerRequest: c.PerRequest, CSRFExpire: seconds(c.CSRFExpire), CSRFSameSite: c.CSRFSameSite,
	}
}

func (c *cookie) store() (sessions.SessionStore, error) {
	all := options.SessionOptions{Cookie: options.CookieStoreOptions{Minimal: c.Minimal}}
	return store.NewCookieSessionStore(&all, c.options())
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

func instant(unix *float64) *time.Time {
	if unix == nil {
		return nil
	}
	whole := int64(*unix)
	at := time.Unix(whole, int64((*unix-float64(whole))*1e9))
	return &at
}

func unix(at *time.Time) *float64 {
	if at == nil || at.IsZero() {
		return nil
	}
	value := float64(at.Unix()) + float64(at.Nanosecond())/1e9
	return &value
}

func (s *session) record() (*sessions.SessionState, error) {
	nonce, err := hex.DecodeString(s.Nonce)
	if err != nil {
		return nil, err
	}
	return &sessions.SessionState{
		CreatedAt: instant(s.CreatedAt), ExpiresOn: instant(s.ExpiresOn),
		AccessToken: s.AccessToken, IDToken: s.IDToken, RefreshToken: s.RefreshToken, Nonce: nonce,
		Email: s.Email, User: s.User, Groups: s.Groups, PreferredUsername: s.PreferredUsername,
		AdditionalClaims: s.AdditionalClaims,
	}, nil
}

func requestWith(header, host string) *http.Request {
	asked := httptest.NewRequest(http.MethodGet, "/", nil)
	if host != "" {
		asked.Host = host
	}
	if header != "" {
		asked.Header.Set("Cookie", header)
	}
	return asked
}

// openSession reads the session in a Cookie request header: {"session": …}.
func openSession(asked *request) (map[string]any, error) {
	from, err := asked.Cookie.store()
	if err != nil {
		return nil, err
	}
	state, err := from.Load(requestWith(asked.Header, asked.Host))
	if err != nil {
		return nil, err
	}
	return map[string]any{"session": &session{
		CreatedAt: unix(state.CreatedAt), ExpiresOn: unix(state.ExpiresOn),
		AccessToken: state.AccessToken, IDToken: state.IDToken, RefreshToken: state.RefreshToken,
		Nonce: hex.EncodeToString(state.Nonce), Email: state.Email, User: state.User, Groups: state.Groups,
		PreferredUsername: state.PreferredUsername, AdditionalClaims: state.AdditionalClaims,
	}}, nil
}

// mintSession saves a session as the original does: {"set_cookie": [lines], "header": for a Cookie request header}.
func mintSession(asked *request) (map[string]any, error) {
	if asked.Session == nil {
		return nil, errors.New("mint needs a session")
	}
	state, err := asked.Session.record()
	if err != nil {
		return nil, err
	}
	into, err := asked.Cookie.store()
	if err != nil {
		return nil, err
	}
	answer := httptest.NewRecorder()
	if err := into.Save(answer, requestWith("", asked.Host), state); err != nil {
		return nil, err
	}
	return setCookies(answer), nil
}

func setCookies(answer *httptest.ResponseRecorder) map[string]any {
	lines := answer.Header().Values("Set-Cookie")
	pairs := make([]string, len(lines))
	for i, line := range lines {
		pairs[i], _, _ = strings.Cut(line, ";")
	}
	return map[string]any{"set_cookie": lines, "header": strings.Join(pairs, "; ")}
}

// seal makes a cookie value whose MessagePack is the given hex: {"value": …}. For records the original never writes.
func seal(asked *request) (map[string]any, error) {
	packed, err := hex.DecodeString(asked.Hex)
	if err != nil {
		return nil, err
	}
	framed := new(bytes.Buffer)
	frame := lz4.NewWriter(framed)
	if _, err := frame.Write(packed); err != nil {
		return nil, err
	}
	if err := frame.Close(); err != nil {
		return nil, err
	}
	cipher, err := encryption.NewCFBCipher(encryption.SecretBytes(asked.Cookie.Secret))
	if err != nil {
		return nil, err
	}
	sealed, err := cipher.Encrypt(framed.Bytes())
	if err != nil {
		return nil, err
	}
	return signed(asked, sealed)
}

// sign makes a signed value over text that is not a session, such as a ticket: {"value": …}.
func sign(asked *request) (map[string]any, error) {
	return signed(asked, []byte(asked.Plain))
}

func signed(asked *request, payload []byte) (map[string]any, error) {
	value, err := encryption.SignedValue(asked.Cookie.Secret, asked.Cookie.Name, payload, time.Unix(asked.At, 0))
	if err != nil {
		return nil, err
	}
	return map[string]any{"value": value}, nil
}

// checkSignature says whether a value is one that the secret signed under the name: {"signed": bool, "size": payload bytes}.
func checkSignature(asked *request) (map[string]any, error) {
	value := &http.Cookie{Name: asked.Cookie.Name, Value: asked.Plain}
	payload, _, ok := encryption.Validate(value, asked.Cookie.Secret, 0)
	if ok && len(payload) < aes.BlockSize {
		return nil, errors.New("the payload is shorter than an initialisation vector")
	}
	return map[string]any{"signed": ok, "size": len(payload)}, nil
}

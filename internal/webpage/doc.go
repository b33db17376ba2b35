// Package webpage has what the debug pages of lbdebug and lbserver/debugpage share: style, head
// and navigation, the choices in a link's query, the parts of long tables, words for times and
// sizes, and how a page or JSON is sent.
package webpage

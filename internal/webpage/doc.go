// Package webpage has what the pages of lbdebug, lbserver/debugpage and grpclbd share: style, head
// and navigation, the choices in a link's query, the parts of long tables, how clients stand, words
// for times and sizes, and how a page or JSON is sent.
package webpage

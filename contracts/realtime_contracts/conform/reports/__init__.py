"""What a run has found, told: pure functions of a `Run`.

terminal     for who has started the run
html         one page for people, with a matrix, the failures and their wire logs
json_report  the whole run, to be read again
junit        JUnit XML, which every CI shows
messages     Cucumber Messages, for the tools of Gherkin
files        these four by the names of their options
wire_text    a wire log as lines of text
program      a failure as a program that shows it again
words        what all of them say in the same words

Behind them: `matrix` and `page_data` for the page, `token_program` for the tokens of a program, `step_matching` for the
messages, `plain` for whatever becomes JSON.
"""

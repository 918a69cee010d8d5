"""The reports of a run: pure functions of a `Run`.

terminal     for who has started the run
html         one page for people, with a matrix, the failures and their wire logs
json_report  the whole run, to be read again
junit        JUnit XML, which every CI shows
messages     Cucumber Messages, for the tools of Gherkin
listing      the requirements, without a run
program      a failure as a program that shows it again
words        what all of them say in the same words, wire logs too
"""

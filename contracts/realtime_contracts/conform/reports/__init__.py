"""The reports of a run: pure functions of a `Run`.

terminal     for the person who runs it
html         one page for people, with a matrix, the failures and their wire logs
json_report  the whole run, to be read again
junit        JUnit XML, which every CI shows
messages     Cucumber Messages, for the tools of Gherkin
listing      the requirements, without a run
program      a failure as a program that reproduces it
words        phrases that all reports share, and wire logs
"""

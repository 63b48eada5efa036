"""What is made of records: comparisons, tables, figures, the report and the regression gate.

`results` reads a results folder, and `files` writes the table into it; CONTRIBUTING.md has the packages in their order.
"""

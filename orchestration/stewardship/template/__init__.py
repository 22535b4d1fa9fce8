"""Write fill-in templates of a contract: an Excel workbook, an empty CSV file, or a paper form."""

from orchestration.stewardship.template.write import write_template

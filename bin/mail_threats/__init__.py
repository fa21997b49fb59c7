"""The library behind the inputs and the search commands of Mail Threats for Microsoft 365."""

"""Ordinary life: what three hundred people and their machines do when nobody attacks them.

Each module writes one kind of activity into the journal. None of it is a finding; all of it looks a little like one.
"""

from __future__ import annotations

from lab.company.noise.administration import administer
from lab.company.noise.compliance_work import run_compliance
from lab.company.noise.endpoints import use_machines
from lab.company.noise.files import use_files
from lab.company.noise.mailboxes import use_mailboxes
from lab.company.noise.services import run_services
from lab.company.noise.sign_ins import sign_in_all

ACTIVITIES = (sign_in_all, use_mailboxes, use_files, administer, run_compliance, run_services, use_machines)

"""Microsoft Graph, the reports under /auditLogs: signIns and directoryAudits, v1.0 and beta."""

"""The agent's own main program; only its pauses between two looks are a fraction of a second.

They are constants there: 60 seconds, however often an operator wants it to look. Membership sync
and reports also begin anew each time here.
"""

from waldur_site_agent.event_processing import main as event_process
from waldur_site_agent.main import main
from waldur_site_agent.polling_processing import (
    agent_membership_sync,
    agent_order_process,
    agent_report,
)

PAUSE = 0.5

agent_order_process.ORDER_PROCESS_INTERVAL = PAUSE
agent_membership_sync.SYNC_INTERVAL = PAUSE
agent_report.REPORT_INTERVAL = PAUSE
event_process.RECONCILIATION_INTERVAL = 1
for module in (agent_order_process, agent_membership_sync, agent_report, event_process):
    module.TICK_INTERVAL = PAUSE

main()

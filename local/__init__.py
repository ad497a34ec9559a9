"""Run the stack of ``template.yaml`` on this machine, without AWS."""

"""The stack on your own machine, read from ``template.yaml``: what runs is what deploys."""

"""The pages for parked sessions: people do there what the policy asks for, and go on."""

"""What has changed between two versions of the contract."""

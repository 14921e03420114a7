"""What every package stands on: settings, months, files, the warehouse connection, errors, logs."""

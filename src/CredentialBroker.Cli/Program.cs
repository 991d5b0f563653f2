using CredentialBroker.Cli;

return await Entry.RunAsync(args, Shell.OfProcess());

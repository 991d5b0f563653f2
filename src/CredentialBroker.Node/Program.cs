using CredentialBroker.Node;

return await Entry.RunAsync(args, Console.Out, Console.Error, TimeProvider.System);

using CredentialBroker.Sidecar;

return await Entry.RunAsync(args, Surroundings.OfProcess());

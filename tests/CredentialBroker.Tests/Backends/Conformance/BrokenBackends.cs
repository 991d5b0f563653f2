namespace CredentialBroker.Backends.Conformance;

/// <summary>Ways in which a backend of any kind can be broken, and the check that has to notice each.</summary>
internal static class BrokenBackends
{
    public static IReadOnlyDictionary<string, (string Check, Func<Backend, Backend> Of)> OfAnyKind { get; } = new Dictionary<string, (string Check, Func<Backend, Backend> Of)>
    {
        ["PlanIsRandom"] = ("plan is pure", real => new Mutations.PlanIsRandom(real)),
        ["HandleIsHuge"] = ("handle is small", real => new Mutations.HandleIsHuge(real)),
        ["HandleHoldsSecret"] = ("handle holds no secret", real => new Mutations.HandleHoldsSecret(real)),
        ["SecretIsAnother"] = ("minted credential works", real => new Mutations.SecretIsAnother(real)),
        ["ExpiryIgnored"] = ("expiry is as ordered", real => new Mutations.ExpiryIgnored(real)),
        ["ExpiryNeverComes"] = ("expired credential is refused", real => new Mutations.ExpiryIgnored(real)),
        ["MintIgnoresDeadline"] = ("late mint makes nothing", real => new Mutations.MintIgnoresDeadline(real)),
        ["RenewDoesNothing"] = ("renew lives longer", real => new Mutations.RenewDoesNothing(real)),
        ["SecondEndFails"] = ("end twice is harmless", real => new Mutations.SecondEndFails(real)),
        ["EndNeedsMint"] = ("end before mint succeeds", real => new Mutations.EndNeedsMint(real)),
        ["ConcurrentEndFails"] = ("concurrent ends succeed", real => new Mutations.SecondEndFails(real)),
        ["ProbeAlwaysAlive"] = ("probe tells the truth", real => new Mutations.ProbeAlwaysAlive(real)),
    };
}

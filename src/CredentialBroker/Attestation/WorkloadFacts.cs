namespace CredentialBroker.Attestation;

/// <summary>The proven facts of a workload under the names that template parameters use.</summary>
internal static class WorkloadFacts
{
    public static IReadOnlyDictionary<string, string> Of(Workload workload)
    {
        var facts = workload.Attributes.ToDictionary(a => $"workload.{a.Key}", a => a.Value, StringComparer.Ordinal);
        // Last, so that no attribute passes for the identity.
        facts["workload.uri"] = workload.Uri;
        facts["workload.source"] = workload.Source;
        facts["workload.subject"] = workload.Subject;
        facts["workload.instance"] = workload.Instance;
        Set("workload.dpop", workload.Keys.Dpop);
        Set("workload.certificate", workload.Keys.Certificate);
        Set("workload.signingRequest", workload.Keys.SigningRequest);
        Set("workload.actors", workload.ActChain.Count == 0 ? null : string.Join(' ', workload.ActChain));
        return facts;

        void Set(string name, string? value)
        {
            facts.Remove(name);
            if (value is not null) facts[name] = value;
        }
    }
}

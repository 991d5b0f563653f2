using CredentialBroker.Approvals.ClientCertificates;
using CredentialBroker.Approvals.Intake;
using CredentialBroker.Protocol;

namespace CredentialBroker.Approvals;

/// <summary>A cluster's API server asks, and sends no documents: what it asks comes in by a door of its own, under <c>/admission</c>.</summary>
internal sealed class AdmissionFormat : ISourceFormat
{
    public int BodyBytes => Limits.BodyBytes;

    public Verified.Refused? Unfit(Delivery delivery) => new(ReasonCodes.RequestMalformed, "this source is asked through /admission, and takes no documents", Authentic: false);

    public Task<Verified> VerifyAsync(ApprovalSource source, Delivery delivery, CancellationToken cancel) => Task.FromResult<Verified>(Unfit(delivery)!);

    public static IEnumerable<string> Mistakes(ApprovalSourceOptions source, string path)
    {
        if (string.IsNullOrWhiteSpace(source.Cluster)) yield return $"{path}:Cluster: required; the cluster of Clusters whose API server asks";
        if (source.Environments.Length != 1) yield return $"{path}:Environments: a cluster's pods are of one environment; name exactly one";
        if (source.Binding != "exact") yield return $"{path}:Binding: admission binds exactly, to the pod's UID";
        if (source.MinApprovers != 0) yield return $"{path}:MinApprovers: admission knows no approvers";
        foreach (var mistake in source.Authentication switch
        {
            Formats.Mtls => ClientCertificate.Mistakes(source, path),
            Formats.Token => TokenMistakes(source.SecretFile, path),
            _ => [$"{path}:Authentication: required; mtls or token"],
        }) yield return mistake;
    }

    private static IEnumerable<string> TokenMistakes(string? file, string path)
    {
        if (file is null) yield return $"{path}:SecretFile: required; one or two tokens that the API server shows, one in a line";
        else if (!File.Exists(file)) yield return $"{path}:SecretFile: no file at '{file}'";
    }
}

namespace CredentialBroker.Clusters;

/// <summary>A cluster's API server did not say what was asked. The message names kinds and codes, never values.</summary>
/// <param name="status">HTTP status of its answer; 0 where there was none.</param>
internal sealed class ClusterException(string cluster, int status, string detail, Exception? inner = null) : Exception($"{cluster}: {detail}", inner)
{
    public int Status { get; } = status;

    public string Detail { get; } = detail;

    /// <summary>What was listed is too old to go on from: list anew.</summary>
    public bool Expired => Status == 410;
}

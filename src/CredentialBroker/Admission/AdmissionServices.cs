using CredentialBroker.Approvals;
using CredentialBroker.Attestation;

namespace CredentialBroker.Admission;

internal static class AdmissionServices
{
    public static IServiceCollection AddAdmission(
        this IServiceCollection services, IReadOnlyDictionary<string, AdmissionOptions> options, IReadOnlyDictionary<string, WorkloadSourceOptions> workloads) => services
        .AddSingleton(provider => new AdmissionGates(options, provider.GetRequiredService<IReadOnlyDictionary<string, ApprovalSource>>(), workloads))
        .AddSingleton<AdmissionDoor>()
        .AddSingleton<Nonces>()
        .AddSingleton<AdmissionRecords>()
        .AddSingleton<AdmissionMetrics>()
        .AddSingleton<AdmissionLog>()
        .AddSingleton<Candidates>()
        .AddSingleton<PodGate>()
        .AddSingleton<ChangeGate>()
        .AddSingleton<AdmissionDesk>();
}

using CredentialBroker.Storage;
using Quartz;

namespace CredentialBroker;

/// <summary>Local jobs of this replica. Never one job per lease: the lease table is the ledger, this is the clock.</summary>
internal static class LocalJobs
{
    public static IQuartzBuilder Each<T>(this IQuartzBuilder quartz, TimeSpan interval, string name) where T : LocalJob
    {
        quartz.ScheduleJob<T>(trigger => trigger.WithIdentity(name).WithSimpleSchedule(interval, null), job => job.WithIdentity(name));
        return quartz;
    }
}

"""What the rest of the service sees of jobs."""

from storage_api.domain.models import Job, Ref


class Jobs:
    """Takes work, tells how it is, stops it. Connects on first use."""

    def submit(self, kind: str, backend: str, target: Ref, *, asked_by: str) -> Job:
        """Queue a piece of work, or answer the job that is under way for the same target."""
        raise NotImplementedError

    def list(self) -> list[Job]:
        """All jobs that are kept, newest first."""
        raise NotImplementedError

    def get(self, job: str) -> Job:
        """One job.

        Raises:
            NotFound: there is none of that id (any more).
        """
        raise NotImplementedError

    def cancel(self, job: str) -> Job:
        """Stop a job as soon as it may be left; one that has ended stays as it is.

        Raises:
            NotFound: there is none of that id (any more).
        """
        raise NotImplementedError

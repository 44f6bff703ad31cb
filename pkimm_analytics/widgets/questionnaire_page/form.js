/* The whole form, put together from its parts, and how Jupyter draws it. */

const Form = [
  withOpening,
  withEdits,
  withFrame,
  withScores,
  withQuestions,
  withAnswering,
  withFields,
  withScope,
  withPrevious,
  withAssessors,
  withFinish,
  withHandover,
  withFeedback,
].reduce((Base, part) => part(Base), Messages);

export default {
  render({ model, el }) {
    const form = new Form(model, el);
    return () => form.close();
  },
};
